package catalogue

import (
	"strings"
	"testing"

	"motcua/kiosk"
)

func TestCommonPapersComeFirst(t *testing.T) {
	c, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Procedure("1.001193")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Tờ khai đăng ký khai sinh", "Giấy chứng sinh", "Giấy tờ có giá trị chứng minh thông tin về cư trú", "Hộ chiếu/Thẻ căn cước", "Mẫu hộ tịch điện tử", "Văn bản ủy quyền", "Trường hợp trẻ em bị bỏ rơi", "Trường hợp khai sinh cho trẻ em sinh ra do mang thai hộ"}
	if len(p.Papers) != len(want) {
		t.Fatalf("%d papers", len(p.Papers))
	}
	for i, w := range want {
		if !strings.HasPrefix(p.Papers[i].Name, w) {
			t.Errorf("paper %d is %q, want %q", i, p.Papers[i].Name, w)
		}
	}
}

func TestPapersOfACaseStayTogether(t *testing.T) {
	p := &kiosk.Procedure{Papers: []kiosk.Paper{
		{Case: "Trường hợp ủy quyền", Name: "Giấy ủy quyền"}, {Case: "Tách hộ", Name: "Tờ khai A"}, {Case: "Tách hộ", Name: "Giấy B"},
		{Case: "Nhập hộ", Name: "Tờ khai A"}, {Case: "Giấy tờ phải xuất trình", Name: "Thẻ"}, {Name: "Đơn đề nghị"},
	}}
	orderPapers(p)
	var got []string
	for _, x := range p.Papers {
		got = append(got, x.Case+"/"+x.Name)
	}
	if s := strings.Join(got, "; "); s != "/Đơn đề nghị; Giấy tờ phải xuất trình/Thẻ; Tách hộ/Tờ khai A; Tách hộ/Giấy B; Nhập hộ/Tờ khai A; Trường hợp ủy quyền/Giấy ủy quyền" {
		t.Error(s)
	}
}
