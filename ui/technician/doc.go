// Package technician is the technician's pages on the kiosk's own screen: every check with what to do, tests of the devices, a signed
// statement as a QR code, restart and wipe.
//
// They lie at /technician/ beside the citizen's page, behind the PIN that was set when the machine was provisioned; there is no other
// PIN. Without one nobody enters. Wrong PINs are counted across restarts and make the next wait longer ([Machine.Enter]). A session
// ends after ten minutes of silence, and the page goes back to the citizens by itself.
//
// Everything is a link or a form post, without scripts, so that it works by touch and with five keys; lengths are true millimetres of
// the panel as on the citizen's pages. What a check saw is shown as seen; nothing of citizens is here.
package technician
