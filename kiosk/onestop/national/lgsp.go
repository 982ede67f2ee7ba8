package national

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"sync"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

// LGSP is the flow of 2026 over the provincial bus. It is safe for concurrent use.
type LGSP struct {
	caller
	mu    sync.Mutex
	token string
}

var _ onestop.Target = (*LGSP)(nil)

// NewLGSP checks the options. Error: config_invalid.
func NewLGSP(o Options) (*LGSP, error) {
	c, err := newCaller(o)
	return &LGSP{caller: c}, err
}

// Name is the target's name in the store.
func (*LGSP) Name() string { return "NoiHoSo" }

// exists is how a system says that a dossier is there.
const exists = "DA_TON_TAI"

type lgspAnswer struct {
	Code        status `json:"code"`
	AccessToken string `json:"access_token"`
	IDTepTin    string `json:"IdTepTin"`
	HashTepTin  string `json:"HashTepTin"`
	IDHoSo      string `json:"IdHoSo"`
}

func (l *LGSP) call(ctx context.Context, path string, body any) (a lgspAnswer, err error) {
	for try := 0; try < 2; try++ {
		var token string
		if token, err = l.login(ctx); err != nil {
			return a, err
		}
		err = l.post(ctx, path, map[string]string{"Authorization": "Bearer " + token}, body, &a)
		if !errors.Is(err, errSession) {
			return a, err
		}
		l.forget(token)
		err = kiosk.Errorf(kiosk.CodeOfficeRefused, "call national system", "check the account", "the token is not taken")
	}
	return a, err
}

func (l *LGSP) login(ctx context.Context) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.token != "" {
		return l.token, nil
	}
	var a lgspAnswer
	err := l.post(ctx, "/token", nil, map[string]string{"username": l.opt.User, "password": l.opt.Password, "grant_type": "client_credentials"}, &a)
	if errors.Is(err, errSession) || err == nil && a.AccessToken == "" {
		return "", refused("token", string(a.Code))
	}
	if err != nil {
		return "", err
	}
	l.token = a.AccessToken
	return l.token, nil
}

func (l *LGSP) forget(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.token == token {
		l.token = ""
	}
}

// component is one element of ThanhPhanHoSo.
type component struct {
	TenThanhPhanHoSo string
	MaThanhPhanHoSo  string
	SoLuong          int
	LoaiBan          int // 0 bản chính, 1 bản sao, 2 bản điện tử
	GiayToDinhKem    []attachment
}

type attachment struct {
	IDGiayTo   string `json:"IdGiayTo"`
	HashTepTin string
	TenGiayTo  string
}

// Push creates the dossier unless it is known, and tells its state. Files are uploaded first; a system that gives another hash than
// the file's has not got the file.
func (l *LGSP) Push(ctx context.Context, r *onestop.Record, known string) (string, error) {
	if r.Item.Number == "" {
		return "", refused("NoiHoSo", "no number")
	}
	if known == "" {
		id, err := l.create(ctx, r)
		if err != nil {
			return "", err
		}
		known = id
	}
	a, err := l.call(ctx, "/CapNhatTrangThai", map[string]any{
		"MaHoSo": r.Item.Number, "MaDonVi": l.opt.Unit, "TrangThai": r.National, "ThoiGian": stamp(r.Item.StateAt), "NoiDung": r.Item.StateNote,
		"NgayHenTra": stamp(r.Item.Promised), "TienTrinh": progressOf(r),
	})
	if err == nil && !a.Code.ok() {
		err = refused("CapNhatTrangThai", string(a.Code))
	}
	return known, err
}

func (l *LGSP) create(ctx context.Context, r *onestop.Record) (string, error) {
	parts := []component{}
	for _, p := range r.Papers {
		c, err := l.upload(ctx, p)
		if err != nil {
			return "", err
		}
		parts = append(parts, c)
	}
	person := map[string]string{"HoTen": r.Name, "SoDinhDanh": r.Number, "DiaChi": r.Address, "SoDienThoai": r.Phone}
	a, err := l.call(ctx, "/NoiHoSo", map[string]any{
		"MaHoSo": r.Item.Number, "MaDonVi": l.opt.Unit, "MaTTHC": r.Item.Code, "TenTTHC": r.Item.Title, "KenhThucHien": channel(r.Item.Channel),
		"NgayNop": stamp(r.Item.Created), "NgayTiepNhan": stamp(r.Item.Accepted), "NgayHenTra": stamp(r.Item.Promised),
		"ThongTinNguoiNop": person, "ThongTinChuHS": person, "ThanhPhanHoSo": parts, "HinhThucNhan": way(r.Return),
	})
	switch {
	case err != nil:
		return "", err
	case a.Code == exists && a.IDHoSo != "":
		return a.IDHoSo, nil // the answer to an earlier create was lost
	case a.Code == exists:
		return r.Item.Number, nil
	case !a.Code.ok() || a.IDHoSo == "":
		return "", refused("NoiHoSo", string(a.Code))
	}
	return a.IDHoSo, nil
}

func (l *LGSP) upload(ctx context.Context, p onestop.RecordPaper) (component, error) {
	sum := sha256.Sum256(p.Data)
	a, err := l.call(ctx, "/TaiTepTin", map[string]string{
		"TenTepTin": hex.EncodeToString(sum[:8]) + suffix(p.Type), "LoaiTepTin": p.Type, "HashTepTin": hex.EncodeToString(sum[:]),
		"NoiDung": base64.StdEncoding.EncodeToString(p.Data),
	})
	switch {
	case err != nil:
		return component{}, err
	case !a.Code.ok() || a.IDTepTin == "":
		return component{}, refused("TaiTepTin", string(a.Code))
	case a.HashTepTin != hex.EncodeToString(sum[:]):
		return component{}, kiosk.Errorf(kiosk.CodeOfficeOffline, "call national system", "", "an uploaded file came out with another hash")
	}
	return component{TenThanhPhanHoSo: p.Name, SoLuong: 1, LoaiBan: 2, GiayToDinhKem: []attachment{{a.IDTepTin, a.HashTepTin, p.Name}}}, nil
}

func suffix(kind string) string {
	switch kind {
	case "image/png":
		return ".png"
	case "application/pdf":
		return ".pdf"
	}
	return ".jpg"
}
