# remark: a Lambda that looks t up too late, so that every step sees the last slice
# loses: djmodel
# %% djmodel
def djmodel(Tx, LSTM_cell, densor, reshaper):
    n_values = densor.units
    n_a = LSTM_cell.units
    X = Input(shape=(Tx, n_values))
    a0 = Input(shape=(n_a,))
    c0 = Input(shape=(n_a,))
    a, c = a0, c0
    outputs = []
    for t in range(Tx):
        x = Lambda(lambda z: z[:, t, :])(X)
        x = reshaper(x)
        a, _, c = LSTM_cell(x, initial_state=[a, c])
        outputs.append(densor(a))
    return Model(inputs=[X, a0, c0], outputs=outputs)
