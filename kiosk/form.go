package kiosk

// FieldAddress is where the citizen can be reached: the residence on the chip, unless the citizen says otherwise. The residence
// itself stays as the chip has it.
const FieldAddress = "address"

// ChipFields is the part of the form that the chip fills, in order, each with its provenance. What the chip leaves out is
// left out here. The kiosk fills the form with it and the office compares the dossier against it, from the same raw bytes.
func ChipFields(c Citizen) []Field {
	all := []Field{
		{Key: "number", Label: "Số định danh cá nhân", Value: c.Number, Provenance: FromDG1},
		nameField(c),
		{Key: "birth", Label: "Ngày sinh", Value: c.Birth.String(), Provenance: FromDG1},
		{Key: "sex", Label: "Giới tính", Value: c.Sex, Provenance: FromDG1},
		{Key: "nationality", Label: "Quốc tịch", Value: c.Nationality, Provenance: FromDG13},
		{Key: "ethnicity", Label: "Dân tộc", Value: c.Ethnicity, Provenance: FromDG13},
		{Key: "origin", Label: "Quê quán", Value: c.Origin, Provenance: FromDG13},
		{Key: "residence", Label: "Nơi thường trú", Value: c.Residence, Provenance: FromDG13},
		{Key: FieldAddress, Label: "Địa chỉ liên hệ", Value: c.Residence, Provenance: FromDG13},
	}
	fields := all[:0]
	for _, f := range all {
		if f.Value != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

// nameField prefers DG13, which has the diacritics.
func nameField(c Citizen) Field {
	if c.Name != "" {
		return Field{Key: "name", Label: "Họ, chữ đệm và tên", Value: c.Name, Provenance: FromDG13}
	}
	return Field{Key: "name", Label: "Họ, chữ đệm và tên", Value: c.NameMRZ, Provenance: FromDG1}
}
