"""Right answers; the first line of each says what is its own."""
# ruff: noqa


# %% djmodel
# Lambda that binds t
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
        x = Lambda(lambda z, t=t: z[:, t, :])(X)
        x = reshaper(x)
        a, _, c = LSTM_cell(x, initial_state=[a, c])
        out = densor(a)
        outputs.append(out)
    model = Model(inputs=[X, a0, c0], outputs=outputs)
    return model


# %% music_inference_model
# tf inside Lambda
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
        x = Lambda(lambda z: tf.one_hot(tf.math.argmax(z, axis=-1), n_values), output_shape=(n_values,))(out)
        x = RepeatVector(1)(x)
    inference_model = Model(inputs=[x0, a0, c0], outputs=outputs)
    return inference_model


# %% predict_and_sample
# called directly
def predict_and_sample(inference_model, x_initializer = x_initializer,
                       a_initializer = a_initializer,
                       c_initializer = c_initializer):
    pred = inference_model([x_initializer, a_initializer, c_initializer])
    pred = pred if isinstance(pred, list) else [pred]
    pred = np.stack([p.numpy() for p in pred])
    indices = pred.argmax(axis=-1)
    results = np.eye(pred.shape[2])[indices.ravel()]
    return results, indices


# %% with_temperature
# Keras
def with_temperature(probabilities, temperature):
    shaped = ops.softmax(ops.log(probabilities) / temperature)
    shaped = np.asarray(shaped)
    return shaped


# %% large_leaps
# both directions
def large_leaps(pitches, leap=8):
    steps = np.array(pitches[1:]) - np.array(pitches[:-1])
    large = np.count_nonzero((steps >= leap) | (steps <= -leap))
    share = large / max(1, steps.size)
    return share
