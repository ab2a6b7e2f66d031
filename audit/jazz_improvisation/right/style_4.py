"""Right answers; the first line of each says what is its own."""
# ruff: noqa


# %% djmodel
# Lambda with arguments
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
        x = Lambda(lambda z, t: z[:, t, :], arguments={'t': t})(X)
        x = reshaper(x)
        a, _, c = LSTM_cell(x, initial_state=[a, c])
        out = densor(a)
        outputs.append(out)
    model = Model(inputs=[X, a0, c0], outputs=outputs)
    return model


# %% music_inference_model
# function in a Lambda
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
        def one_hot(z):
            z = ops.one_hot(ops.argmax(z, -1), n_values)
            return ops.expand_dims(z, 1)
        x = Lambda(one_hot)(out)
    inference_model = Model(inputs=[x0, a0, c0], outputs=outputs)
    return inference_model


# %% predict_and_sample
# loop
def predict_and_sample(inference_model, x_initializer = x_initializer,
                       a_initializer = a_initializer,
                       c_initializer = c_initializer):
    pred = inference_model.predict_on_batch([x_initializer, a_initializer, c_initializer])
    pred = pred if isinstance(pred, list) else [pred]
    results = np.zeros((len(pred), pred[0].shape[1]))
    indices = np.zeros((len(pred), 1), dtype=int)
    for t, p in enumerate(pred):
        indices[t, 0] = np.argmax(p[0])
        results[t, indices[t, 0]] = 1
    return results, indices


# %% with_temperature
# on a copy
def with_temperature(probabilities, temperature):
    shaped = probabilities.copy()
    shaped /= shaped.max()
    shaped **= 1 / temperature
    shaped /= shaped.sum()
    return shaped
