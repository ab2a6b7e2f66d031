# remark: sample never carries the hidden state on
# loses: sample
# %% sample
def sample(parameters, char_to_ix, seed):
    np.random.seed(seed)
    Waa, Wax, Wya = parameters["Waa"], parameters["Wax"], parameters["Wya"]
    x = np.zeros((Wax.shape[1], 1))
    a_prev = np.zeros((Waa.shape[0], 1))
    indices = []
    idx = -1
    while idx != char_to_ix["\n"] and len(indices) < 50:
        a = np.tanh(np.dot(Wax, x) + np.dot(Waa, a_prev) + parameters["b"])
        y = softmax(np.dot(Wya, a) + parameters["by"])
        idx = int(np.random.choice(range(len(y)), p=y.ravel()))
        indices.append(idx)
        x = np.zeros_like(x)
        x[idx] = 1
    if idx != char_to_ix["\n"]:
        indices.append(char_to_ix["\n"])
    return indices
