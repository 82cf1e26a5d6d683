// SPDX-License-Identifier: Apache-2.0

// Without modules Go takes the settings of an old version, which is laxer about certificates.
//go:debug default=go1.24

// Judges SEV-SNP evidence with go-sev-guest: one case per line of standard input, one answer per line of
// standard output, both JSON. It does what the library's own `check` tool does with the same settings.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/go-sev-guest/abi"
	"github.com/google/go-sev-guest/kds"
	cpb "github.com/google/go-sev-guest/proto/check"
	spb "github.com/google/go-sev-guest/proto/sevsnp"
	"github.com/google/go-sev-guest/validate"
	"github.com/google/go-sev-guest/verify"
	"github.com/google/go-sev-guest/verify/trust"
	"github.com/google/logger"
	"google.golang.org/protobuf/encoding/protojson"
)

// Certificates of a product line in DER; byte strings are base64 in the JSON.
type roots struct {
	Line string `json:"line"`
	Ark  []byte `json:"ark"`
	Ask  []byte `json:"ask"`
	Asvk []byte `json:"asvk"`
}

type testCase struct {
	Name string `json:"name"`
	// The report with the certificate table behind it.
	Evidence []byte `json:"evidence"`
	// Absent: the library's own.
	Roots []roots `json:"roots"`
	// Milliseconds since 1970.
	At int64 `json:"at"`
	// Product line that reports of version 2 are expected from.
	Product string `json:"product"`
	// Revocation lists by address; present means that they are to be consulted.
	Lists map[string][]byte `json:"lists"`
	// check.Policy in the JSON form of protocol buffers.
	Policy json.RawMessage `json:"policy"`
	// These two are not in check.Policy.
	LaunchMitigations  uint64 `json:"launchMitigations,string"`
	CurrentMitigations uint64 `json:"currentMitigations,string"`
}

type answer struct {
	Name string `json:"name"`
	// accepted, rejected or panic.
	Outcome string `json:"outcome"`
	// Where it ended: parse, verify, policy or validate.
	Stage string `json:"stage,omitempty"`
	Error string `json:"error,omitempty"`
}

// Hands out the lists of a case in place of the network.
type lists map[string][]byte

func (l lists) Get(url string) ([]byte, error) {
	if list, ok := l[url]; ok {
		return list, nil
	}
	return nil, fmt.Errorf("no list at %s", url)
}

func main() {
	logger.Init("go-sev-guest", false, false, io.Discard)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<26)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var c testCase
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			fmt.Fprintf(os.Stderr, "not a case: %v\n", err)
			os.Exit(2)
		}
		if err := out.Encode(judge(c)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	if err := in.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func judge(c testCase) (result answer) {
	result.Name = c.Name
	stage := "parse"
	defer func() {
		if problem := recover(); problem != nil {
			result.Outcome, result.Stage, result.Error = "panic", stage, fmt.Sprint(problem)
		}
	}()
	if err := check(c, &stage); err != nil {
		result.Outcome, result.Stage, result.Error = "rejected", stage, err.Error()
		return result
	}
	result.Outcome = "accepted"
	return result
}

func check(c testCase, stage *string) error {
	attestation, err := abi.ReportCertsToProto(c.Evidence)
	if err != nil {
		return err
	}
	*stage = "verify"
	options, err := verifyOptions(c)
	if err != nil {
		return err
	}
	if err := verify.SnpAttestation(attestation, options); err != nil {
		return err
	}
	*stage = "policy"
	policy := &cpb.Policy{}
	if err := protojson.Unmarshal(c.Policy, policy); err != nil {
		return fmt.Errorf("not a policy: %v", err)
	}
	expectations, err := validate.PolicyToOptions(policy)
	if err != nil {
		return err
	}
	expectations.MinimumLaunchMitigationVector = c.LaunchMitigations
	expectations.MinimumCurrentMitigationVector = c.CurrentMitigations
	*stage = "validate"
	return validate.SnpAttestation(attestation, expectations)
}

func verifyOptions(c testCase) (*verify.Options, error) {
	options := &verify.Options{
		DisableCertFetching: true,
		CheckRevocations:    c.Lists != nil,
		Getter:              lists(c.Lists),
		Now:                 time.UnixMilli(c.At),
	}
	if c.Product != "" {
		product, err := kds.ParseProductLine(c.Product)
		if err != nil {
			return nil, err
		}
		options.Product = &spb.SevProduct{Name: product.Name}
	}
	for _, root := range c.Roots {
		certs, err := parseRoots(root)
		if err != nil {
			return nil, err
		}
		if options.TrustedRoots == nil {
			options.TrustedRoots = map[string][]*trust.AMDRootCerts{}
		}
		line := options.TrustedRoots[root.Line]
		options.TrustedRoots[root.Line] = append(line, certs)
	}
	return options, nil
}

func parseRoots(root roots) (*trust.AMDRootCerts, error) {
	certs := trust.AMDRootCertsProduct(root.Line)
	certs.ProductCerts = &trust.ProductCerts{}
	for _, part := range []struct {
		der  []byte
		into **x509.Certificate
	}{
		{root.Ark, &certs.ProductCerts.Ark},
		{root.Ask, &certs.ProductCerts.Ask},
		{root.Asvk, &certs.ProductCerts.Asvk},
	} {
		if len(part.der) == 0 {
			continue
		}
		certificate, err := x509.ParseCertificate(part.der)
		if err != nil {
			return nil, errors.Join(errors.New("roots cannot be read"), err)
		}
		*part.into = certificate
	}
	return certs, nil
}
