package visiontest

// Cast are the seeds of people whom the recogniser tells apart, for the demo and for tests: a young woman, an older man, an
// old woman, a young man, a woman in middle life.
//
// They were found among the seeds 1 to 700 with the network face_recognition_mobilefacenet_112 (SHA-256 d841119a…), each
// drawn three times: [Person.Portrait], and a [Scene] in the light of [Hall] turned 0.15 to one side, of [Window] 0.15 to the
// other. Any picture of one of the cast and any picture of another have a cosine of at most 0.30, any two pictures of the
// same person one of at least 0.79. Over all 700 seeds the detector found every face; the same person scored 0.82 on average
// (in the worst of three pairs), two different people 0.40. A change of the drawing needs a new search
// (go test ./vision/face -run Cast -args -search 700).
var Cast = []int64{251, 212, 235, 160, 673}
