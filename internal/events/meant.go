package events

import (
	"regexp"
	"strings"

	"trapline/internal/x86"
)

// anyWidth takes the names of processors' manuals apart, of 16, 32 and 64 bits: eax, rax, r8d.
var anyWidth = regexp.MustCompile(`^[re]?(orig_)?[re]?(\w+?)[dwb]?$`)

// Meant says which register a refused line probably means by a name that struct pt_regs has not: "di for rdi: ..."; "" if there is
// none.
func Meant(a x86.Arch, e *Error) string {
	if e == nil || e.Problem != BadRegister || e.Pos >= len(e.Command) {
		return ""
	}
	name := strings.TrimPrefix(e.Command[e.Pos:], "%")
	name = name[:len(name)-len(strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"))]
	m := anyWidth.FindStringSubmatch(strings.ToLower(name))
	if m == nil {
		return ""
	}
	for _, own := range []string{m[1] + m[2], "r" + m[2]} {
		if r, ok := RegisterNamed(a, own); ok {
			return r.String() + " for " + name + ": registers have the names of struct pt_regs, without a letter for their width"
		}
	}
	return ""
}
