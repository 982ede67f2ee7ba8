// Package sim is a kiosk without hardware: a [World] of fictional people with simulated cards, a reader to put them on, what
// the cameras see, and a network that can be cut.
//
// It is a product of its own: the demo dock shows its buttons to people, tests press the same ones, and what happens behind
// them is real to the byte (the chip of drivers/emrtd/emrtdtest answers APDUs with true keys; a cut network closes true
// connections). It draws no pictures: [Scene] says who stands before the camera and what lies under the other one, and the
// wiring renders that with vision/visiontest, because drivers and vision do not know each other.
package sim
