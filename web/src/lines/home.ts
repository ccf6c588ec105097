/** Where whoever signs in begins. */
export const HOME = "/jobs";
