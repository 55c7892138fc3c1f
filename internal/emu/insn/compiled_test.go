package insn

import (
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompiledCode decodes every instruction of compiled programs and of the C library, end to end, as objdump
// does: testdata/sample.c with several options, and the libc.so.6 that gcc links with.
func TestCompiledCode(t *testing.T) {
	gcc := needTool(t, "gcc")
	for _, c := range []struct {
		name  string
		mode  Mode
		flags []string
	}{
		{"O2", Mode64, []string{"-O2"}},
		{"avx2", Mode64, []string{"-O3", "-mavx2", "-mfma", "-mbmi2"}},
		{"avx512", Mode64, []string{"-O3", "-march=skylake-avx512", "-mprefer-vector-width=512"}},
		{"m32", Mode32, []string{"-m32", "-O2"}},
		{"m32-avx2", Mode32, []string{"-m32", "-O3", "-mavx2", "-mfma"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			object := filepath.Join(t.TempDir(), "sample.o")
			args := append(c.flags, "-c", "-o", object, filepath.Join("testdata", "sample.c"))
			if out, err := exec.Command(gcc, args...).CombinedOutput(); err != nil {
				t.Fatalf("gcc %v: %v\n%s", args, err, out)
			}
			compareText(t, object, c.mode)
		})
	}
	for name, m := range map[string]Mode{"-m64": Mode64, "-m32": Mode32} {
		t.Run("libc"+name, func(t *testing.T) {
			out, err := exec.Command(gcc, name, "-print-file-name=libc.so.6").Output()
			library := strings.TrimSpace(string(out))
			if err != nil || !filepath.IsAbs(library) {
				t.Skipf("gcc %s has no libc.so.6: %v", name, err)
			}
			compareText(t, library, m)
		})
	}
}

// maxText bounds how much of a text section is compared.
const maxText = 512 << 10

// compareText decodes the .text of an ELF file linearly and compares it with objdump.
func compareText(t *testing.T, file string, m Mode) {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	section := f.Section(".text")
	text, err := section.Data()
	if err != nil {
		t.Fatal(err)
	}
	text = text[:min(len(text), maxText)]
	raw := filepath.Join(t.TempDir(), "text.bin")
	if err := os.WriteFile(raw, text, 0o600); err != nil {
		t.Fatal(err)
	}
	failures, count := &report{t: t, left: 5}, 0
	next := uint64(0)
	for line := range objdumpLines(t, m, raw) {
		if line.at != next { // the second half of what objdump split
			continue
		}
		s := sample{mode: m, code: text[line.at:min(int(line.at)+MaxLen, len(text))], obj: disasm{line.len, line.text}, at: line.at}
		s.inst, s.err = Decode(s.code, m)
		next = line.at + uint64(max(s.inst.Len, line.len))
		count++
		if !s.agrees() {
			if known(s) == nil && int(next) < len(text) && !errors.Is(s.err, ErrTruncated) { // cut at the text's end
				failures.add("%v", s)
			}
		} else if why := compareOperands(s); why != "" && s.err == nil {
			failures.add("%s: %v", why, s)
		}
	}
	if count < 300 {
		t.Errorf("%s: only %d instructions compared", file, count)
	}
}
