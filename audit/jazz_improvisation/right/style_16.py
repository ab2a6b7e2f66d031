"""Right answers; the first line of each says what is its own."""
# ruff: noqa


# %% djmodel
# a Lambda that reads the shape of a tensor of outside, and no numbers of it
def djmodel(Tx, LSTM_cell, densor, reshaper):
    X = Input(shape=(Tx, densor.units))
    a0 = Input(shape=(LSTM_cell.units,))
    c0 = Input(shape=(LSTM_cell.units,))
    a, c, outputs = a0, c0, []
    for t in range(Tx):
        x = Lambda(lambda z, t=t: ops.reshape(z[:, t, :], (-1, X.shape[-1])))(X)
        _, a, c = LSTM_cell(reshaper(x), initial_state=[a, c])
        outputs.append(densor(a))
    return Model([X, a0, c0], outputs)


# %% music_inference_model
# the same, of a list of tensors, too, and raw TensorFlow where it has numbers
def music_inference_model(LSTM_cell, densor, Ty=100):
    x0 = Input(shape=(1, densor.units))
    a0 = Input(shape=(LSTM_cell.units,))
    c0 = Input(shape=(LSTM_cell.units,))
    x, a, c, outputs = x0, a0, c0, []
    for t in range(Ty):
        _, a, c = LSTM_cell(x, initial_state=[a, c])
        out = densor(a)
        outputs.append(out)
        depth = outputs
        x = Lambda(lambda z: tf.one_hot(tf.argmax(z, axis=-1), depth[0].shape[-1]))(out)
        x = Lambda(lambda z: ops.reshape(z, (-1, 1, out.shape[-1])))(x)
    return Model([x0, a0, c0], outputs)


# %% predict_and_sample
# a dictionary of inputs
def predict_and_sample(inference_model, x_initializer, a_initializer, c_initializer):
    given = {"x0": x_initializer, "a0": a_initializer, "c0": c_initializer}
    pred = inference_model.predict(given, verbose=0)
    pred = np.reshape(pred, (-1, x_initializer.shape[-1]))
    indices = np.argmax(pred, axis=-1)[:, np.newaxis]
    results = to_categorical(indices[:, 0], num_classes=pred.shape[1])
    return results, indices


# %% with_temperature
# tensors
def with_temperature(probabilities, temperature):
    return tf.nn.softmax(tf.math.log(probabilities) / temperature)


# %% large_leaps
# a tensor
def large_leaps(pitches, leap=8):
    if len(pitches) < 2:
        return 0.0
    steps = ops.abs(ops.diff(ops.array(pitches)))
    return ops.mean(ops.cast(steps >= leap, "float32"))
