"""How two processes that do not trust each other's objects talk; knows no process."""
