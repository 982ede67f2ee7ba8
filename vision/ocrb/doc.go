// Package ocrb reads a machine-readable zone from a camera frame: the back of a chip card held to the camera gives the chip's key
// without typing.
//
// Reading goes in four steps:
//
//  1. Dark blobs of the size of characters are found and joined into lines of even pitch (locate.go).
//  2. Two or three parallel lines make a grid of 3 × 30, 2 × 36 or 2 × 44 cells; a homography straightens it (grid.go).
//  3. Every cell is classified by a small convolutional network over the 37 characters of a zone (net.go). What a position may hold
//     (Doc 9303-3 §4, 9303-5 §4.2, 9303-4 §4.2, 9303-6 §4.2) narrows the choice.
//  4. The check digits decide (package mrz). A zone whose check digits do not hold is never given as valid.
//
// What a newcomer must know:
//
//   - The network has about 34,000 numbers, made by vision/ocrb/train from the OCR-B font in a few minutes. They are this
//     project's own and stand in weights.bin.
//   - A zone is unsigned and anybody can print one: it opens the chip, it never says who somebody is.
//   - The name line has no check digit. Names come from DG1.
//
// Sources: ICAO Doc 9303-3, -4, -5, -6; ISO 1073-2 (OCR-B).
package ocrb
