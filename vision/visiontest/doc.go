// Package visiontest draws people, live camera scenes and sheets of paper for tests and for the demo.
//
// Nobody drawn here exists. A [Person] is a set of numbers made from a seed: the shape of the head, features, skin, hair,
// glasses, beard, age. A person is drawn as a surface over the face's plane (an ellipsoid with brow, eye sockets, nose, lips
// and chin raised on it), painted, lit and turned. The true detector finds these faces, and the true recogniser tells the
// same person in another pose and light from another person; [Cast] holds seeds for which both were measured.
//
// Everything is plain Go on the image package and the same for the same seed on every machine of one architecture. Tests of
// this package that need the networks live beside it; the drawing itself knows nothing of them.
//
// Lengths on a face are in units of about an adult's half head: the eyes stand at y = 0, the mouth at about 0.7, the chin at
// about 1.1, the crown at about -1.1; x grows to the right of the picture, y down, z towards the camera.
package visiontest
