# remark: seeds with a constant; updates before clipping
# loses: draw_index, optimize
# %% draw_index
def draw_index(probs, seed):
    np.random.seed(0)
    return np.random.choice(range(len(probs)), p=probs)


# %% optimize
def optimize(X, Y, a_prev, parameters, learning_rate=0.01):
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients, a = rnn_backward(X, Y, parameters, cache)
    update_parameters(parameters, gradients, learning_rate)
    gradients = clip(gradients, 5)
    return loss, gradients, a[len(X) - 1]
