// Package cataloguetest makes catalogues and queries for measurements: as large as a province's, or as a whole country's.
package cataloguetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/catalogue"
)

// Parts of names in the manner of the national record: what is done, to what, for whom, where.
var (
	acts = []string{"Cấp", "Cấp lại", "Cấp đổi", "Gia hạn", "Điều chỉnh", "Thu hồi", "Đăng ký", "Đăng ký lại", "Xác nhận", "Công nhận", "Thẩm định",
		"Phê duyệt", "Thông báo", "Chấm dứt", "Tạm ngừng", "Giải quyết hưởng", "Hỗ trợ", "Chuyển", "Xóa đăng ký", "Bổ sung"}
	things = []string{"giấy phép xây dựng", "giấy chứng nhận quyền sử dụng đất", "giấy phép kinh doanh rượu", "thẻ căn cước", "thẻ bảo hiểm y tế", "giấy phép lái xe",
		"chứng chỉ hành nghề", "giấy phép khai thác khoáng sản", "giấy phép hoạt động cơ sở khám bệnh", "trợ cấp hằng tháng", "phương án bồi thường", "quy hoạch chi tiết",
		"giấy phép xả nước thải", "báo cáo đánh giá tác động môi trường", "đăng ký kinh doanh", "giấy phép biểu diễn", "quyết định thành lập trường", "biển số xe",
		"giấy phép vận tải hành khách", "hợp đồng lao động", "giấy phép nhập khẩu thuốc", "bằng tốt nghiệp", "hộ khẩu thường trú", "giấy phép sử dụng vũ khí",
		"sổ bảo hiểm xã hội", "mã số vùng trồng", "giấy phép nuôi trồng thủy sản", "chứng nhận đăng ký tàu cá", "giấy phép quảng cáo", "thẻ hướng dẫn viên du lịch"}
	whom = []string{"đối với hộ gia đình, cá nhân", "đối với tổ chức", "cho người có công với cách mạng", "cho người cao tuổi", "cho trẻ em dưới 6 tuổi", "đối với hợp tác xã",
		"cho doanh nghiệp nhỏ và vừa", "đối với người nước ngoài", "cho cơ sở giáo dục mầm non", "đối với cộng đồng dân cư", "cho người lao động", "của công trình cấp III, cấp IV"}
	where = []string{"tại khu vực biên giới", "thuộc thẩm quyền của Ủy ban nhân dân cấp xã", "thuộc thẩm quyền của Ủy ban nhân dân cấp tỉnh", "trong khu công nghiệp",
		"ngoài khu chức năng", "trên địa bàn hai xã trở lên", "có yếu tố nước ngoài", "bằng dịch vụ công trực tuyến toàn trình", "theo thủ tục rút gọn", "lần đầu"}
)

// Procedures gives n procedures: those of the starter catalogue and generated ones, the same on every call.
func Procedures(n int) (map[string]*kiosk.Procedure, error) {
	starter, err := catalogue.Starter()
	if err != nil {
		return nil, err
	}
	all := map[string]*kiosk.Procedure{}
	for _, field := range starter.Fields() {
		for _, p := range starter.InField(field) {
			all[p.Code] = p
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	for i := 0; len(all) < n; i++ {
		code := fmt.Sprintf("9.%06d", i)
		all[code] = &kiosk.Procedure{
			Code: code, Name: strings.Join([]string{pick(acts), pick(things), pick(whom), pick(where), "và", strings.ToLower(pick(acts)), pick(things)}, " "),
			Field: "Lĩnh vực " + pick(things), Ministry: "Bộ", Results: []kiosk.Result{{Name: "Kết quả " + pick(things)}},
		}
	}
	return all, nil
}

// Catalogue gives a catalogue of n procedures with the starter's synonyms, and the file that it was read from.
func Catalogue(n int) (*catalogue.Catalogue, []byte, error) {
	procedures, err := Procedures(n)
	if err != nil {
		return nil, nil, err
	}
	f, err := catalogue.StarterFile()
	if err != nil {
		return nil, nil, err
	}
	f.Procedures = procedures
	data, err := json.Marshal(f)
	if err != nil {
		return nil, nil, err
	}
	c, err := catalogue.Parse("generated", data)
	return c, data, err
}

// Queries are of every kind that people type.
var Queries = []string{
	"đăng ký khai sinh", "chứng thực bản sao từ bản chính", "dang ky ket hon", "nhap ho khau", "gpxd", "dkks", "giấy độc thân", "làm sổ đỏ", "cắt khẩu",
	"thuwowngf trus", "chuwngs thuwcj bản sao", "keets hoon", "khuyết tât", "hộ kinh danh", "đăngkýkhaisinh", "1.001193", "asdfgh", "ly hôn", "vé số",
	"Tôi cần xác nhận chữ ký trên sơ yếu lý lịch", "Vợ tôi mới sinh em bé, cần làm giấy tờ gì ở phường?", "ông già tui tám mươi tuổi lãnh tiền người già",
	"Mẹ tôi 76 tuổi không có lương hưu có được trợ cấp không", "Sinh viên đi học xa chuyển đăng ký nghĩa vụ quân sự",
	"Dạ cho tôi hỏi tôi ở trọ gần trường học thì bây giờ muốn đăng ký tạm trú cho cả nhà bốn người phải làm giấy tờ gì và nộp ở đâu",
	"cấp lại giấy phép xây dựng công trình cấp III cấp IV trong đô thị", "căn cước công dan", "giay phep", "xin", "trợ cấp hằng tháng cho người có công với cách mạng",
}
