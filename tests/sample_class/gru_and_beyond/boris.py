# remark: handed in as it was given out
# loses: everything
# rest: stub
