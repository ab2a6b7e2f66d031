# remark: Y is not shifted, so the network learns to repeat what it reads
# loses: model
# %% model
def model(data, ix_to_char, char_to_ix, num_iterations=8000, n_a=100,
          seed=0, report_every=1000, names_per_report=4, verbose=False):
    parameters = initialize_parameters(n_a, len(char_to_ix), len(char_to_ix))
    a_prev = np.zeros((n_a, 1))
    for j in range(num_iterations):
        X = [None] + [char_to_ix[c] for c in data[j % len(data)]]
        Y = [char_to_ix["\n"]] + X[1:]
        loss, gradients, a_prev = optimize(X, Y, a_prev, parameters)
    indices = sample(parameters, char_to_ix, seed)
    return parameters, "".join(ix_to_char[i] for i in indices)
