"""Somebody who thinks in loops."""
# %% softmax
def softmax(scores, temperature):
    rows = []
    for row in scores / temperature:
        powers = np.exp(row - max(row))
        rows.append(powers / sum(powers))
    return np.array(rows)


# %% pair_loss
def pair_loss(probabilities, indices):
    loss = 0.0
    for i, j in zip(indices, indices[1:]):
        loss -= np.log(probabilities[i, j])
    return loss / (len(indices) - 1)
