# tries: close own folders, so that nobody can remove them
# place: first
# works: uncleaned
import os
os.makedirs("a/b/c")
open("a/b/c/file", "w").close()
for folder in ("a/b/c", "a/b", "a"): os.chmod(folder, 0)
os.chmod(".", 0o300)
