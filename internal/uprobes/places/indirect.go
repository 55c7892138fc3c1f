package places

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/emu/insn"
	"trapline/internal/loader"
)

// resolved lists the functions whose addresses the code of an indirect function's symbol (STT_GNU_IFUNC) has in it: what
// it may choose when the program is bound.
func resolved(image *loader.Image, s loader.Symbol) []loader.Symbol {
	segment := image.SegmentAt(s.Addr)
	if segment == nil {
		return nil
	}
	mode := insn.ModeOf(image.Arch)
	code := segment.Data[min(s.Addr-segment.Addr, uint64(len(segment.Data))):]
	code = code[:min(uint64(len(code)), s.Size)]
	var l []loader.Symbol
	for at := 0; at < len(code); {
		in, err := insn.Decode(code[at:min(len(code), at+insn.MaxLen)], mode)
		if err != nil {
			return nil
		}
		at += in.Len
		target := uint64(in.Imm)
		if in.RIPRelative {
			target = s.Addr + uint64(at) + uint64(in.Disp)
		}
		f, into, ok := image.Symbols.At(target)
		if ok && into == 0 && f.Kind == loader.Function && !slices.Contains(l, f) {
			l = append(l, f)
		}
	}
	return l
}

// indirect says what a probe on an indirect function is on.
func indirect(name string, implementations []loader.Symbol) string {
	switch len(implementations) {
	case 0:
		return fmt.Sprintf("%s is an indirect function: the probe is on the code that chooses its implementation, which runs when the program is bound", name)
	case 1:
		return fmt.Sprintf("%s is an indirect function: the probe is on its implementation, %s", name, implementations[0].Name)
	}
	var l []string
	for _, s := range implementations {
		l = append(l, s.Name)
	}
	return fmt.Sprintf("%s is an indirect function: the probe is on the code that chooses its implementation, which runs when the program is bound; to choose from: %s",
		name, strings.Join(l, ", "))
}
