// Package models finds the weights of the neural networks, proves that they are the right ones, and loads nothing else.
//
// A folder of models holds the files and a MANIFEST.json that names each file with its SHA-256, size, licence and source, and
// says which recogniser is in use. How a recogniser wants its input and which threshold goes with it belong to the file, so
// both stand in the manifest: another recogniser needs no code. For the files named in the built-in manifest (pinned.json)
// these facts are known here, and a folder's manifest may leave them out.
//
// A file is read whole, hashed, and only then given to OpenCV. A missing file, a wrong hash or an incomplete manifest is an
// Error model_missing with what to do; the kiosk then runs on and sends everybody to the officer.
//
// Sources: github.com/opencv/opencv_zoo (YuNet, MIT; SFace, Apache-2.0); github.com/foamliu/MobileFaceNet (Apache-2.0).
package models
