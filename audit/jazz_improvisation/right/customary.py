"""Right answers as they are mostly written; known mistakes are made from them."""
# ruff: noqa


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
    model = Model(inputs=[X, a0, c0], outputs=outputs)
    return model


# %% music_inference_model
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
        x = ops.expand_dims(ops.one_hot(ops.argmax(out, axis=-1), n_values), 1)
    inference_model = Model(inputs=[x0, a0, c0], outputs=outputs)
    return inference_model


# %% predict_and_sample
def predict_and_sample(inference_model, x_initializer = x_initializer,
                       a_initializer = a_initializer,
                       c_initializer = c_initializer):
    pred = np.array(inference_model.predict([x_initializer, a_initializer, c_initializer], verbose=0))
    pred = pred.reshape(-1, 1, pred.shape[-1])
    indices = np.argmax(pred, axis=-1)
    results = to_categorical(indices, num_classes=pred.shape[-1])
    return results, indices


# %% with_temperature
def with_temperature(probabilities, temperature):
    powers = (probabilities / probabilities.max()) ** (1 / temperature)
    shaped = powers / powers.sum()
    return shaped


# %% large_leaps
def large_leaps(pitches, leap=8):
    steps = [abs(b - a) for a, b in zip(pitches, pitches[1:])]
    share = sum(step >= leap for step in steps) / len(steps) if steps else 0.0
    return share
