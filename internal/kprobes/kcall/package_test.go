package kcall_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/loader/vmlinux"
)

// packages are Debian's kernels by architecture: the package that depends on
// the newest one, and what its image is called.
var packages = map[string]struct{ meta, image string }{
	"amd64": {"linux-image-amd64", "vmlinuz-6.1.*-amd64"},
	"i386":  {"linux-image-686", "vmlinuz-6.1.*-686"},
}

// debianKernel reads the kernel of Debian's package, fetched once into the
// user's cache. TRAPLINE_KERNEL_AMD64 and TRAPLINE_KERNEL_I386 name another
// one. Without a kernel the test is skipped and says why.
func debianKernel(t *testing.T, arch string) *vmlinux.Kernel {
	t.Helper()
	path := os.Getenv("TRAPLINE_KERNEL_" + strings.ToUpper(arch))
	if path == "" {
		var err error
		if path, err = findKernel(arch); err != nil {
			t.Skip("no kernel package: ", err)
		}
	}
	images.Lock()
	defer images.Unlock()
	if k := images.read[path]; k != nil {
		return k
	}
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	k, err := vmlinux.Read(data, nil)
	require.NoError(t, err)
	images.read[path] = k
	return k
}

// images are the kernels that were unpacked already, by path: it takes
// seconds, and nobody changes them.
var images = struct {
	sync.Mutex
	read map[string]*vmlinux.Kernel
}{read: map[string]*vmlinux.Kernel{}}

func findKernel(arch string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "trapline", "kernel-"+arch)
	pattern := filepath.Join(dir, "boot", packages[arch].image)
	if found, _ := filepath.Glob(pattern); len(found) > 0 {
		return found[0], nil
	}
	if err := fetchKernel(dir, arch); err != nil {
		return "", err
	}
	if found, _ := filepath.Glob(pattern); len(found) > 0 {
		return found[0], nil
	}
	return "", fmt.Errorf("the package has no %s", packages[arch].image)
}

// fetchTime bounds the download.
const fetchTime = time.Minute

// fetchKernel downloads the kernel's package and takes out boot/. apt works
// in a directory of its own, for the machine may know nothing of the
// architecture.
func fetchKernel(dir, arch string) error {
	for _, tool := range []string{"apt-cache", "apt-get", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	apt, err := newApt(dir, arch)
	if err != nil {
		return err
	}
	_, updated := apt.run("apt-get", "-q", "update") // what lists came may do
	out, err := apt.run("apt-cache", "depends", packages[arch].meta)
	if err != nil {
		return errors.Join(updated, err)
	}
	name := ""
	for _, w := range strings.Fields(out) {
		if strings.HasPrefix(w, "linux-image-6.1.") {
			name = w
		}
	}
	if name == "" {
		return fmt.Errorf("%s stands for no linux-image-6.1", packages[arch].meta)
	}
	if _, err := apt.run("apt-get", "-q", "download", name); err != nil {
		return err
	}
	debs, _ := filepath.Glob(filepath.Join(dir, "*.deb"))
	for _, deb := range debs {
		if _, err := apt.run("dpkg-deb", "-x", deb, dir); err != nil {
			return err
		}
		_ = os.Remove(deb)
	}
	_ = os.RemoveAll(filepath.Join(dir, "lib"))
	return os.RemoveAll(apt.state)
}

// apt runs the package tools on lists of its own.
type apt struct{ dir, state, config string }

func newApt(dir, arch string) (*apt, error) {
	a := &apt{dir: dir, state: filepath.Join(dir, "apt")}
	for _, sub := range []string{"lists/partial", "archives/partial"} {
		if err := os.MkdirAll(filepath.Join(a.state, sub), 0o755); err != nil {
			return nil, err
		}
	}
	status := filepath.Join(a.state, "status")
	if err := os.WriteFile(status, nil, 0o644); err != nil {
		return nil, err
	}
	a.config = filepath.Join(a.state, "apt.conf")
	return a, os.WriteFile(a.config, fmt.Appendf(nil, `APT::Architecture "%s";
APT::Architectures {"%s";};
Dir::State "%s";
Dir::State::status "%s";
Dir::Cache "%s";
`, arch, arch, a.state, status, a.state), 0o644)
}

func (a *apt) run(tool string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Dir = a.dir
	cmd.Env = append(os.Environ(), "APT_CONFIG="+a.config)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", tool, strings.Join(args, " "), err, out)
	}
	return string(out), nil
}
