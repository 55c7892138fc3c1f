package places

import (
	"bytes"
	"debug/elf"
	"fmt"
	"slices"
	"strings"

	"trapline/internal/emu/insn"
	"trapline/internal/loader"
)

// resolved lists the functions whose addresses the code of an indirect function's symbol (STT_GNU_IFUNC) has in it: what
// it may choose when the program is bound. One without a symbol is named by its file offset.
func (f *File) resolved(s loader.Symbol) (l []loader.Symbol) {
	got := f.gotBase()
	f.eachInstruction(s, func(pc uint64, in insn.Inst) {
		target, computed := uint64(in.Imm), true
		switch {
		case in.RIPRelative:
			target = in.Next(pc) + uint64(in.Disp)
		case got > 0 && in.Map == insn.OneByte && in.Opcode == opcodeLEA:
			target = uint64(uint32(got) + uint32(in.Disp))
		default:
			computed = false
		}
		to, into, ok := f.Image.Symbols.At(target)
		if !ok || into != 0 || to.Kind != loader.Function {
			offset, inFile := f.Image.OffsetOfAddr(target)
			if !computed || !inFile || !isCode(f.Image, offset) || target-s.Addr < s.Size {
				return
			}
			to = loader.Symbol{Name: fmt.Sprintf("%#x", offset), Addr: target, Kind: loader.Function}
		}
		if !slices.Contains(l, to) {
			l = append(l, to)
		}
	})
	return l
}

const opcodeLEA = 0x8d

// gotBase is what position-independent i386 code counts addresses from (DT_PLTGOT); 0 in other files.
func (f *File) gotBase() uint64 {
	if insn.ModeOf(f.Image.Arch).Is64() {
		return 0
	}
	file, err := elf.NewFile(bytes.NewReader(f.data))
	if err != nil {
		return 0
	}
	if l, err := file.DynValue(elf.DT_PLTGOT); err == nil && len(l) == 1 {
		return l[0]
	}
	return 0
}

// decides reports whether the code of an indirect function's symbol asks something before it gives an address: it branches,
// or calls more than what tells it where it is.
func (f *File) decides(s loader.Symbol) bool {
	yes := false
	f.eachInstruction(s, func(pc uint64, in insn.Inst) {
		target, _ := in.BranchTarget(pc)
		callee, _, _ := f.Image.Symbols.At(target)
		yes = yes || in.Attr().Has(insn.CondBranch) || in.Attr().Has(insn.Call) && !strings.Contains(callee.Name, "get_pc_thunk")
	})
	return yes
}

// indirect says what a probe on an indirect function is on, one that has a single implementation or several.
func indirect(name string, implementations []loader.Symbol, single bool) string {
	switch {
	case len(implementations) == 0:
		return fmt.Sprintf("%s is an indirect function: the probe is on the code that chooses its implementation, which runs when the program is bound", name)
	case single:
		return fmt.Sprintf("%s is an indirect function: the probe is on its implementation, %s", name, implementations[0].Name)
	}
	var l []string
	for _, s := range implementations {
		if s.Name == name { // an older version of it
			s.Name = fmt.Sprintf("%s at %#x", name, s.Addr)
		}
		l = append(l, s.Name)
	}
	if len(l) == 1 { // so the others are elsewhere
		l = append(l, "and what is no part of the file, such as the vDSO's functions")
	}
	return fmt.Sprintf("%s is an indirect function: the probe is on the code that chooses its implementation, which runs when the program is bound; to choose from: %s",
		name, strings.Join(l, ", "))
}
