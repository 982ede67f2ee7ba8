// Package face finds faces, compares them, and decides whether the person in front of the camera is the one on the chip.
//
// The pipeline: [Engine.Detect] (YuNet; the decoding of its outputs is ours, because OpenCV 4.6's own class cannot run the 2023
// network) → alignment by five points → embedding by the recogniser that the models' manifest names → cosine. [Matcher] runs
// it on a camera, gates frames by quality with a hint for the person, averages at least five good frames, and hands everything
// it saw to [Decide].
//
// Decide is the only place where an attempt becomes a verdict. It is pure and has a table of tests. What a newcomer must know:
//
//   - The default threshold is not the one of the press photographs the recognisers are usually measured on: at that one, seven
//     times as many impostors pass among East Asian faces (package models, Population).
//   - A result that is not verified has a reason; only a clear mismatch with everything else in order is Refused, and even
//     then the kiosk never says "you are not this person": after three tries an officer looks.
//   - Measured on 5,600 pairs of press photographs with the recogniser of the development data: equal error rate 1.3 %,
//     97.0 % of genuine pairs accepted at one false accept in a thousand (score .326; .406 among East Asian faces). The
//     average of five frames does better than one.
//   - Liveness is not measured yet. The check is listed in every result as not_supported, so whoever reads the evidence sees
//     that a photograph held before the camera would not have been noticed.
//
// Sources: Wu, Peng, Yu: YuNet (2023) for the output layout; Umeyama (1991) for the similarity transform; BSI TR-03121-3 for
// the guidance vocabulary.
package face
