// Package gcc compiles the C of kernel text, whose listings are committed.
package gcc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"trapline/internal/asm"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// Version is the one of GCC whose output is committed. Another one may
// choose other instructions.
const Version = "12.2.0"

// ErrNone means that GCC of that Version is not installed.
var ErrNone = errors.New("gcc " + Version + " is needed to compile kernel text")

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

// Compile is asm.Assemble with C linked behind the assembly. The line map counts
// the lines of text, which is C, on from those of source.
func Compile(ctx context.Context, source asm.Source, text string) (*loader.Image, error) {
	gcc, err := find(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "trapline-gcc-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	// A line marker says which line of the whole the next one is.
	marked := fmt.Sprintf("# %d \"input.c\"\n%s", strings.Count(source.Text, "\n")+1, text)
	if err := os.WriteFile(filepath.Join(dir, "input.c"), []byte(marked), 0o600); err != nil {
		return nil, err
	}
	args := append(append([]string{"-c", "-Wa,-mx86-used-note=no,--noexecstack", "-o", "c.o"}, compilerFlags...), archFlags[source.Arch]...)
	cmd := exec.CommandContext(ctx, gcc, append(args, "input.c")...)
	cmd.Dir = dir
	if output, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: gcc: %w: %s", source.Name, err, strings.TrimSpace(string(output)))
	}
	if source.Behind, err = os.ReadFile(filepath.Join(dir, "c.o")); err != nil {
		return nil, err
	}
	return asm.Assemble(ctx, source)
}

// find looks for GCC of that Version.
func find(ctx context.Context) (string, error) {
	for _, name := range []string{"x86_64-linux-gnu-gcc-12", "gcc-12", "gcc"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		version, err := exec.CommandContext(ctx, path, "-dumpfullversion").Output()
		if err == nil && strings.TrimSpace(string(version)) == Version {
			return path, nil
		}
	}
	return "", ErrNone
}
