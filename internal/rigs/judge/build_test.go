package judge

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"

	"trapline/internal/asm"
	"trapline/internal/loader"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

var (
	//go:embed shim/entry.S
	entryShim string
	//go:embed shim/kernel.h
	kernelShim string
	//go:embed shim/traps2002.h
	traps2002Shim string
)

// optimisations are the ways in which the seeds' C is compiled: as it is read,
// and as a kernel is.
var optimisations = [...]string{"-Og", "-O2"}

// gccFlags make code for the modelled kernel: it has no library, no FPU, means
// what it says about pointers, and inlines what asks for it only, as compilers
// of the time did.
var gccFlags = strings.Fields("-m32 -march=i686 -std=gnu89 -w -S -x c -o - - -ffreestanding -fno-pic -fno-pie " +
	"-fno-strict-aliasing -fno-delete-null-pointer-checks -fno-common -fno-stack-protector -fcf-protection=none " +
	"-fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -mpreferred-stack-boundary=2 -mgeneral-regs-only " +
	"-fno-inline-small-functions -fno-inline-functions -fno-inline-functions-called-once -fno-partial-inlining")

// compile makes assembly of one file of C. Names of labels that the compiler
// makes up begin with the file's own letter.
func compile(unit, optimisation, source string) (string, error) {
	cmd := exec.Command("gcc", append([]string{optimisation, fmt.Sprintf("-DUNIT=%q", unit)}, gccFlags...)...)
	cmd.Stdin = strings.NewReader(source)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("gcc: %w: %s", err, problems.String())
	}
	text := regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(out.String(), "") // where inline assembly comes from
	return regexp.MustCompile(`\.L(\w)`).ReplaceAllString(text, ".L"+unit+"$1"), nil
}

// image is the kernel of the seed's text.
func (s *text2002) image(optimisation string) (*loader.Image, error) {
	var added strings.Builder
	for name, text := range s.added {
		fmt.Fprintf(&added, "#define %s %s\n", name, text)
	}
	generic, err := compile("g", optimisation, kernelShim+s.headers+"\n"+s.generic)
	if err != nil {
		return nil, err
	}
	// do_trap comes first: the patch leaves it where it was, above do_int3.
	engine, int3, ok := strings.Cut(s.engine, "\nasmlinkage int do_int3")
	if !ok {
		return nil, errors.New("no do_int3 behind the engine's part")
	}
	traps, err := compile("t", optimisation, kernelShim+s.headers+"\n"+engine+"\n"+added.String()+traps2002Shim+"asmlinkage int do_int3"+int3)
	if err != nil {
		return nil, err
	}
	return link(entryShim + "\t.text\n" + s.stubs + generic + traps)
}

func link(text string) (*loader.Image, error) {
	layout := traps.LayoutOf(x86.I386)
	return asm.Assemble(context.Background(), asm.Source{
		Name: "seed", Text: text, Arch: x86.I386, Base: layout.Text, DataBase: layout.Data,
	})
}
