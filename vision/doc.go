// Package vision turns pixels into facts: it holds the image conventions that everything below it shares.
//
// What a newcomer must know:
//
//   - A gocv.Mat is memory that Go's collector does not see. Every Mat has exactly one owner, and the owner calls Close exactly
//     once. A function that returns a Mat gives it to the caller; a Mat or *[Frame] passed as an argument is only lent for the
//     call. Whoever wants to keep a lent Mat clones it.
//   - OpenCV reports errors by C++ exceptions, and under gocv v0.31.0 an exception ends the process. So a Mat is checked
//     ([IsBGR]) before it enters OpenCV, and the three doors through which foreign bytes come in have their own try/catch here:
//     decoding a picture ([Decode]), loading a network ([LoadNet]) and running it ([Net.Forward]).
//   - Pictures from outside are read only after their header said that they are of a sane size ([Header]): a picture of a few
//     kilobytes can ask for gigabytes.
//   - Colours are OpenCV's: 8 bits, blue, green, red.
//   - Cameras stand behind [Feed]. Packages that look at frames (face, paper) know the Feed, not the camera.
//
// Sources: OpenCV 4.6 and 4.10 (modules/imgcodecs/src/loadsave.cpp, modules/dnn/src/net_impl.cpp); ITU-T T.81 annex B (JPEG
// markers); ITU-T T.800 annexes A and I (JPEG 2000 code stream and file format); ISO/IEC 15948 (PNG).
package vision
