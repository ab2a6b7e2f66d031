# remark: deleted a solution cell and the first test of another one
# loses: gru_cell_backward
# damage: deleted gru_cell_backward
# damage: deleted test_gru_forward_shapes
