# remark: raw TensorFlow functions on symbolic tensors, as in older Keras
# loses: music_inference_model
# %% music_inference_model
def music_inference_model(LSTM_cell, densor, Ty=50):
    n_values = densor.units
    x0 = Input(shape=(1, n_values))
    a0 = Input(shape=(LSTM_cell.units,))
    c0 = Input(shape=(LSTM_cell.units,))
    a, c, x = a0, c0, x0
    outputs = []
    for t in range(Ty):
        a, _, c = LSTM_cell(x, initial_state=[a, c])
        out = densor(a)
        outputs.append(out)
        x = tf.math.argmax(out, axis=-1)
        x = tf.one_hot(x, n_values)
        x = RepeatVector(1)(x)
    return Model(inputs=[x0, a0, c0], outputs=outputs)
