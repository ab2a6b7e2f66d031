# remark: ran out of time: the first exercise is right, the rest is not begun
# loses: music_inference_model, predict_and_sample, with_temperature, large_leaps
# %% djmodel
def djmodel(Tx, LSTM_cell, densor, reshaper):
    steps = Input(shape=(Tx, densor.units))
    hidden = first_hidden = Input(shape=(LSTM_cell.units,))
    memory = first_memory = Input(shape=(LSTM_cell.units,))
    outputs = []
    for one_step in ops.unstack(steps, axis=1):
        hidden, _, memory = LSTM_cell(
            reshaper(one_step), initial_state=[hidden, memory]
        )
        outputs.append(densor(hidden))
    return Model([steps, first_hidden, first_memory], outputs)


# %% music_inference_model
def music_inference_model(LSTM_cell, densor, Ty=50):
    raise NotImplementedError("music_inference_model is not written yet")


# %% predict_and_sample
def predict_and_sample(
    inference_model, x_initializer, a_initializer, c_initializer
):
    raise NotImplementedError("predict_and_sample is not written yet")


# %% with_temperature
def with_temperature(probabilities, temperature):
    raise NotImplementedError("with_temperature is not written yet")


# %% large_leaps
def large_leaps(pitches, leap=8):
    raise NotImplementedError("large_leaps is not written yet")
