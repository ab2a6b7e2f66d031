# remark: the upload broke off half-way
# loses: everything
# damage: corrupt notebook
