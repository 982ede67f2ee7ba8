package places

// joinedProvinces are the former provinces that each present one was made of besides itself: Resolution 202/2025/QH15, in effect
// from 01/07/2025; Huế has been a city since 01/01/2025 (Resolution 175/2024/QH15). By folded name without the kind.
var joinedProvinces = map[string][]string{
	"tuyen quang": {"Hà Giang"},
	"lao cai":     {"Yên Bái"},
	"thai nguyen": {"Bắc Kạn"},
	"phu tho":     {"Vĩnh Phúc", "Hòa Bình"},
	"bac ninh":    {"Bắc Giang"},
	"hung yen":    {"Thái Bình"},
	"hai phong":   {"Hải Dương"},
	"ninh binh":   {"Hà Nam", "Nam Định"},
	"quang tri":   {"Quảng Bình"},
	"hue":         {"Thừa Thiên Huế", "Thừa Thiên - Huế"},
	"da nang":     {"Quảng Nam"},
	"quang ngai":  {"Kon Tum"},
	"gia lai":     {"Bình Định"},
	"khanh hoa":   {"Ninh Thuận"},
	"lam dong":    {"Đắk Nông", "Bình Thuận"},
	"dak lak":     {"Phú Yên"},
	"ho chi minh": {"Bà Rịa - Vũng Tàu", "Bình Dương"},
	"dong nai":    {"Bình Phước"},
	"tay ninh":    {"Long An"},
	"can tho":     {"Sóc Trăng", "Hậu Giang"},
	"vinh long":   {"Bến Tre", "Trà Vinh"},
	"dong thap":   {"Tiền Giang"},
	"ca mau":      {"Bạc Liêu"},
	"an giang":    {"Kiên Giang"},
}
