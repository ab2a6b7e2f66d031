# remark: starts every step from a0 and c0, and lets to_categorical guess the width
# loses: djmodel, predict_and_sample
# %% djmodel
def djmodel(Tx, LSTM_cell, densor, reshaper):
    X = Input(shape=(Tx, densor.units))
    a0 = Input(shape=(LSTM_cell.units,))
    c0 = Input(shape=(LSTM_cell.units,))
    outputs = []
    for t in range(Tx):
        x = reshaper(X[:, t, :])
        a, _, c = LSTM_cell(x, initial_state=[a0, c0])
        outputs.append(densor(a))
    return Model(inputs=[X, a0, c0], outputs=outputs)


# %% predict_and_sample
def predict_and_sample(inference_model, x_initializer, a_initializer,
                       c_initializer):
    pred = inference_model.predict(
        [x_initializer, a_initializer, c_initializer], verbose=0
    )
    indices = np.argmax(pred, axis=-1)
    results = to_categorical(indices)
    return results, indices
