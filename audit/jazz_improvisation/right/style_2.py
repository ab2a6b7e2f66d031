"""Right answers; the first line of each says what is its own."""
# ruff: noqa


# %% djmodel
# slice of one step
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
        x = X[:, t:t+1, :]
        x = x
        a, _, c = LSTM_cell(x, initial_state=[a, c])
        out = densor(a)
        outputs.append(out)
    model = Model(inputs=[X, a0, c0], outputs=outputs)
    return model


# %% music_inference_model
# RepeatVector
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
        x = ops.argmax(out, axis=-1)
        x = ops.one_hot(x, n_values)
        x = RepeatVector(1)(x)
    inference_model = Model(inputs=[x0, a0, c0], outputs=outputs)
    return inference_model


# %% predict_and_sample
# width of the prediction
def predict_and_sample(inference_model, x_initializer = x_initializer,
                       a_initializer = a_initializer,
                       c_initializer = c_initializer):
    pred = inference_model.predict([x_initializer, a_initializer, c_initializer], verbose=0)
    pred = np.array(pred).reshape((-1, 1, x_initializer.shape[-1]))
    indices = np.argmax(pred, 2)
    results = to_categorical(indices, num_classes=pred[0].shape[-1])
    return results, indices


# %% with_temperature
# a loop
def with_temperature(probabilities, temperature):
    best = max(probabilities)
    powers = [(p / best) ** (1 / temperature) for p in probabilities]
    shaped = [power / sum(powers) for power in powers]
    return shaped


# %% large_leaps
# pairs
def large_leaps(pitches, leap=8):
    if len(pitches) < 2:
        return 0
    steps = [abs(b - a) for a, b in zip(pitches, pitches[1:])]
    share = sum(step >= leap for step in steps) / len(steps)
    return share
