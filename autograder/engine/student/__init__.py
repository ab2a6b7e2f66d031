"""The confined side: runs cells, answers calls; knows no test, imports no judge."""
