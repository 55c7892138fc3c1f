package linux

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// busybox gives Debian's busybox-static for an architecture: from the
// directory that TRAPLINE_BUSYBOX names (busybox.amd64, busybox.i386), or
// fetched with apt.
func busybox(t testing.TB, arch string) string {
	t.Helper()
	if dir := os.Getenv("TRAPLINE_BUSYBOX"); dir != "" {
		if p := filepath.Join(dir, "busybox."+arch); exec.Command(p).Run() == nil {
			return p
		}
	}
	dir := t.TempDir()
	for _, step := range [][]string{
		{"apt-get", "download", "busybox-static:" + arch},
		{"sh", "-c", "dpkg-deb -x busybox-static_*_" + arch + ".deb ."},
	} {
		cmd := exec.Command(step[0], step[1:]...)
		cmd.Dir = dir
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("no busybox-static for %s: %v: %s", arch, err, text)
		}
	}
	return filepath.Join(dir, "bin", "busybox")
}

// applets are what the shell scripts call by name.
var applets = strings.Fields("sed awk gzip gunzip grep sort wc cat sha256sum find tr head tail seq basename xargs sleep cut uniq yes")

// TestBusybox compares output and exit status with the native run.
func TestBusybox(t *testing.T) {
	for _, arch := range []string{"amd64", "i386"} {
		t.Run(arch, func(t *testing.T) {
			box := busybox(t, arch)
			dir := t.TempDir()
			bin := filepath.Join(dir, "bin")
			require.NoError(t, os.Mkdir(bin, 0o755))
			for _, a := range applets {
				require.NoError(t, os.Symlink(box, filepath.Join(bin, a)))
			}
			var numbers strings.Builder
			for i := range 300 {
				numbers.WriteString(strings.Repeat("7", i%5+1) + "\n")
			}
			text := writeFile(t, dir, "d/text", "b\na\nc\nhello world\nfoo bar baz\n")
			data := writeFile(t, dir, "d/numbers", numbers.String())
			writeFile(t, dir, "d/sub/x.txt", "x")
			d := filepath.Join(dir, "d")
			for _, args := range [][]string{
				{"echo", "hello", "world"}, {"cat", text}, {"cat"}, {"cat", "/absent"}, {"wc", text, data}, {"grep", "-n", "o", text},
				{"grep", "zzz", text}, {"sort", text}, {"sort", "-rn", data}, {"sed", "s/o/0/g;$d", text},
				{"awk", "{n += $1} END {print n, n / 7, NR}", data}, {"sha256sum", data}, {"gzip", "-c", data},
				{"find", d, "-name", "*x*"}, {"ls", d}, {"false"},
				{"ash", "-c", "i=0; while [ $i -lt 10 ]; do i=$((i+1)); echo $i; done; exit 7"},
				{"ash", "-c", "f() { echo \"f $1\"; return 3; }; f a; echo $?; x=$(f b); echo \"[$x]\""},
				{"ash", "-c", "echo a b c | tr ' ' '\\n' | sort -r | wc -l; for i in 1 2; do echo $(seq 1 $i | tail -1); done"},
				{"ash", "-c", "gzip -c " + data + " | gunzip | sha256sum; yes | head -3; (exit 5); echo $?"},
				{"ash", "-c", "trap 'echo got' USR1; kill -USR1 $$; read a; echo \"<$a>\"; sleep 0.01; kill -9 $$"},
			} {
				t.Run(strings.Join(args[:1], " "), func(t *testing.T) {
					const stdin = "one line\nanother\n"
					env := []string{"PATH=" + bin}
					args := append([]string{box}, args...)
					want := runNative(t, stdin, env, args)
					got := runProgram(t, Config{Env: env, Stdin: strings.NewReader(stdin)}, args, dir)
					assert.Equal(t, want.stdout, got.stdout)
					assert.Equal(t, want.stderr, got.stderr)
					assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
					assert.Empty(t, got.res.Unknown)
				})
			}
		})
	}
}

// TestPrograms compares programs with threads, signals, processes and floating
// point with their native runs.
func TestPrograms(t *testing.T) {
	for name, compiler := range map[string][]string{
		"glibc-64": {"gcc"}, "glibc-32": {"gcc", "-m32"}, "musl-64": {"musl-gcc"},
	} {
		t.Run(name, func(t *testing.T) {
			prog := compile(t, "everything.c", compiler...)
			want := runNative(t, "", nil, []string{prog})
			got := runProgram(t, Config{}, []string{prog})
			assert.Equal(t, want.stdout, got.stdout)
			assert.Equal(t, want.stderr, got.stderr)
			assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
		})
	}
}

// TestRepeatable: two runs are the same, byte for byte and instruction for
// instruction, on one vCPU and on three.
func TestRepeatable(t *testing.T) {
	prog := compile(t, "everything.c", "gcc")
	for _, cpus := range []int{1, 3} {
		a := runProgram(t, Config{CPUs: cpus}, []string{prog})
		b := runProgram(t, Config{CPUs: cpus}, []string{prog})
		assert.Equal(t, a, b)
	}
}
