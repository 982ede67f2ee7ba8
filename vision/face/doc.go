// Package face finds faces, compares them, and decides whether the person in front of the camera is the one on the chip.
//
// The pipeline: [Engine.Detect] (YuNet; the decoding of its outputs is ours, because OpenCV 4.6's own class cannot run the 2023
// network) → alignment by five points → embedding by the recogniser that the models' manifest names → cosine. [Matcher] runs
// it on a camera, gates frames by quality with a hint for the person, takes at least five good frames together, and hands everything
// it saw to [Decide].
//
// Decide is the only place where an attempt becomes a verdict. It is pure and has a table of tests. What a newcomer must know:
//
//   - The default threshold is not the one of the press photographs the recognisers are usually measured on: at that one, seven
//     times as many impostors pass among East Asian faces (package models, Population).
//   - A result that is not verified has a reason; only a clear mismatch with everything else in order is Refused, and even
//     then the kiosk never says "you are not this person": after three tries an officer looks.
//   - Landmarks decide more than anything that is done with embeddings. [Engine.Describe] looks at the face a second time, closer
//     and mirrored, and describes it straight and mirrored (the recogniser's recipe in the manifest). Measured with the
//     development data, 931 genuine and 324,290 impostor pairs, true accepts at one false accept in 1,000 and in 10,000: described
//     once 97.4 and 93.9 %; also mirrored 97.7 and 94.6; with the second look 98.6 and 96.9. Averages of shifted and scaled
//     crops gave 98.4 and 95.1 for ten runs of the recogniser. On the list of 5,600 pairs: equal error rate 0.66 %.
//   - A threshold belongs to a recipe. The manifest's were measured with the mirrored recipe. The second look leaves the impostors'
//     scores where they were (.337 and .405 for one in 1,000 and in 10,000, before .338 and .405), so those thresholds stay.
//   - Several frames count by [Agreement], to which a threshold for single pictures fits. Of 80 people with several photographs
//     5.2 % are rejected at the default threshold with one picture, 1.6 % with up to five.
//   - Liveness is measured by package liveness on the same good frames, through the port [Liveness]; an attempt is verified only
//     when that check is successful, unless the operator chose [LivenessAdvised]. An alarm never changes the match, and never
//     keeps the officer from getting the picture.
//   - A turn of the head is asked for last, through the port [Turn], of a person whom everything else found in order: five good
//     frames, one turn, and a straight look that is compared like the others. Who turned is therefore who was compared.
//
// Sources: Wu, Peng, Yu: YuNet (2023) for the output layout; Umeyama (1991) for the similarity transform; BSI TR-03121-3 for
// the guidance vocabulary.
package face
