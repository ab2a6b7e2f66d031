# remark: solved everything in another spelling, with slices and keras.ops
# loses: nothing
# %% djmodel
def djmodel(Tx, LSTM_cell, densor, reshaper):
    n_values = densor.units
    n_a = LSTM_cell.units
    X = Input(shape=(Tx, n_values))
    a0 = Input(shape=(n_a,), name="a0")
    c0 = Input(shape=(n_a,), name="c0")
    a = a0
    c = c0
    outputs = []
    for t in range(Tx):
        x = X[:, t, :]
        x = reshaper(x)
        a, _, c = LSTM_cell(x, initial_state=[a, c])
        out = densor(a)
        outputs.append(out)
    return Model(inputs=[X, a0, c0], outputs=outputs)


# %% music_inference_model
def music_inference_model(LSTM_cell, densor, Ty=50):
    n_values = densor.units
    x0 = Input(shape=(1, n_values))
    a0 = Input(shape=(LSTM_cell.units,), name="a0")
    c0 = Input(shape=(LSTM_cell.units,), name="c0")
    a, c, x = a0, c0, x0
    outputs = []
    for t in range(Ty):
        a, _, c = LSTM_cell(x, initial_state=[a, c])
        out = densor(a)
        outputs.append(out)
        x = ops.argmax(out, axis=-1)
        x = ops.one_hot(x, n_values)
        x = RepeatVector(1)(x)
    return Model(inputs=[x0, a0, c0], outputs=outputs)


# %% predict_and_sample
def predict_and_sample(inference_model, x_initializer, a_initializer,
                       c_initializer):
    pred = inference_model.predict(
        [x_initializer, a_initializer, c_initializer]
    )
    pred = np.reshape(pred, (-1, 1, x_initializer.shape[-1]))
    indices = np.argmax(pred, axis=-1)
    results = to_categorical(indices, num_classes=pred[0].shape[-1])
    return results, indices


# %% with_temperature
def with_temperature(probabilities, temperature):
    logits = np.log(probabilities + 1e-12) / temperature
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


# %% large_leaps
def large_leaps(pitches, leap=8):
    large = 0
    for before, now in zip(pitches, pitches[1:]):
        if now - before >= leap or before - now >= leap:
            large += 1
    return large / max(1, len(pitches) - 1)
