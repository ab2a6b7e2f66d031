# remark: everything right
# loses: nothing
