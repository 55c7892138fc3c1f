package asm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"trapline/internal/loader"
	"trapline/internal/x86"
)

// CompilerVersion is the one of GCC whose output is committed. Another one may
// choose other instructions.
const CompilerVersion = "12.2.0"

// ErrNoCompiler means that GCC of CompilerVersion is not installed.
var ErrNoCompiler = errors.New("gcc " + CompilerVersion + " is needed to compile kernel text")

// compilerFlags keep the statements of C apart and in their order, so that a
// line of it can be a step of a story, and make text that needs no library.
var compilerFlags = strings.Fields(`-std=gnu11 -Og -fno-inline -fno-omit-frame-pointer -ffreestanding -fno-pic -fcf-protection=none
	-fno-strict-aliasing -fno-delete-null-pointer-checks -fno-asynchronous-unwind-tables -fno-stack-protector
	-fno-toplevel-reorder -fno-shrink-wrap -fno-ipa-ra -mgeneral-regs-only -gdwarf-4 -Wall -Werror`)

// archFlags are those of one architecture: kernel text near the top of the
// address space, and no more alignment of stacks than calls need.
var archFlags = map[x86.Arch][]string{
	x86.I386:  {"-m32", "-march=i686", "-mtune=generic", "-mpreferred-stack-boundary=2"},
	x86.AMD64: {"-m64", "-mcmodel=kernel", "-mno-red-zone", "-mpreferred-stack-boundary=3"},
}

// Compile is Assemble with C linked behind the assembly. The line map counts
// the lines of text, which is C, on from those of source. Text is trusted: it
// is not looked through as an assembly source is.
func Compile(ctx context.Context, source Source, text string) (*loader.Image, error) {
	s := &source
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	t, err := findTools()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	gcc, err := findCompiler(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	dir, err := os.MkdirTemp("", "trapline-asm-")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	defer os.RemoveAll(dir)
	// A line marker says which line of the whole the next one is.
	marked := fmt.Sprintf("# %d \"input.c\"\n%s", strings.Count(s.Text, "\n")+1, text)
	if err := os.WriteFile(filepath.Join(dir, "input.c"), []byte(marked), 0o600); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	args := append(append([]string{"-S", "-o", "c.s"}, compilerFlags...), archFlags[s.Arch]...)
	output, ok, err := t.run(ctx, dir, gcc, append(args, "input.c")...)
	if err == nil && !ok {
		err = fmt.Errorf("gcc failed: %s", strings.TrimSpace(output))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	if output, ok, err = t.run(ctx, dir, t.as, s.width(), "-mx86-used-note=no", "--noexecstack", "-o", "c.o", "c.s"); err == nil && !ok {
		err = fmt.Errorf("as failed: %s", strings.TrimSpace(output))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	linked, err := s.build(ctx, t, dir, "c.o")
	if err != nil {
		return nil, err
	}
	return s.image(linked)
}

// findCompiler looks for GCC of the version whose output is committed.
func findCompiler(ctx context.Context) (string, error) {
	for _, name := range []string{"x86_64-linux-gnu-gcc-12", "gcc-12", "gcc"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		version, err := exec.CommandContext(ctx, path, "-dumpfullversion").Output()
		if err == nil && strings.TrimSpace(string(version)) == CompilerVersion {
			return path, nil
		}
	}
	return "", ErrNoCompiler
}
