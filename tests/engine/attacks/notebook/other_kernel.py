# tries: name another kernel and bombs in the metadata
# place: notebook
# works: stopped
def hand_in(notebook):
    deep = {}
    for _ in range(200): deep = {"x": deep}
    notebook["metadata"] = {"kernelspec": {"name": "bash", "display_name": "x", "language": "bash"},
                            "bomb": ["x" * 1000] * 1000, "deep": deep, "autograder": {"remarks": [], "passed": True}}
