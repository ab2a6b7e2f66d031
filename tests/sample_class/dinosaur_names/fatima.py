# remark: clips from above only; every array gets a norm of its own
# loses: clip, clip_by_norm
# %% clip
def clip(gradients, maxValue):
    return {key: np.minimum(g, maxValue) for key, g in gradients.items()}


# %% clip_by_norm
def clip_by_norm(gradients, max_norm):
    clipped = {}
    for key, g in gradients.items():
        norm = np.linalg.norm(g)
        clipped[key] = g * max_norm / norm if norm > max_norm else g
    return clipped
