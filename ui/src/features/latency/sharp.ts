import { followMagnification } from '$lib/magnified';

// uPlot asks for the ratio as soon as it is read: this stands before it.
if (typeof window !== 'undefined') followMagnification(window);
