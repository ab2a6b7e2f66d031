"""Right answers; the first line of each says what is its own."""
# ruff: noqa


# %% djmodel
# short slice
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
        x = X[:, t]
        x = reshaper(x)
        a, _, c = LSTM_cell(x, initial_state=[a, c])
        out = densor(a)
        outputs.append(out)
    model = Model(inputs=[X, a0, c0], outputs=outputs)
    return model


# %% music_inference_model
# keras.ops
def music_inference_model(LSTM_cell, densor, Ty=100):
    n_values = densor.units
    n_a = LSTM_cell.units
    x0 = Input(shape=(1, n_values))
    a0 = Input(shape=(n_a,), name="a0")
    c0 = Input(shape=(n_a,), name="c0")
    a = a0
    c = c0
    x = x0
    outputs = []
    for t in range(Ty):
        a, _, c = LSTM_cell(x, initial_state=[a, c])
        out = densor(a)
        outputs.append(out)
        x = ops.one_hot(ops.argmax(out, axis=-1), n_values)
        x = ops.expand_dims(x, 1)
    inference_model = Model(inputs=[x0, a0, c0], outputs=outputs)
    return inference_model


# %% predict_and_sample
# customary
def predict_and_sample(inference_model, x_initializer = x_initializer,
                       a_initializer = a_initializer,
                       c_initializer = c_initializer):
    pred = inference_model.predict([x_initializer, a_initializer, c_initializer])
    indices = np.argmax(pred, axis=-1).reshape(-1, 1)
    results = to_categorical(indices, num_classes=x_initializer.shape[2])
    return results, indices


# %% with_temperature
# softmax of logarithms
def with_temperature(probabilities, temperature):
    logits = np.log(probabilities + 1e-12) / temperature
    shaped = np.exp(logits - np.max(logits))
    shaped = shaped / shaped.sum()
    return shaped


# %% large_leaps
# a loop
def large_leaps(pitches, leap=8):
    large = 0
    for i in range(1, len(pitches)):
        if abs(pitches[i] - pitches[i - 1]) >= leap:
            large += 1
    share = large / (len(pitches) - 1) if large else 0
    return share
