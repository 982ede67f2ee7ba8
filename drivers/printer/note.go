package printer

// Note is a piece of paper for technicians: a title, lines of text, and a code. It is for what is no receipt: the test page, and the label
// of a flashed card.
type Note struct {
	Title string
	Lines []string
	Code  string // what the QR code holds; "" for none
}

// RenderNote makes the picture of a note, width dots wide. Errors: internal, for a text that no code can hold.
func RenderNote(s Note, width int) (*Bitmap, error) {
	p, st := &page{width: width, margin: 8}, stylesOf(width)
	p.space(8)
	p.centred(st.title, nfc(s.Title), 3)
	p.rule()
	for _, line := range s.Lines {
		p.left(st.text, "", nfc(line), 6)
		p.space(2)
	}
	if s.Code != "" {
		if err := p.code(s.Code); err != nil {
			return nil, err
		}
	}
	p.rule()
	p.space(8)
	return p.bitmap(), nil
}
