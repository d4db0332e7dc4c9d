/** Certificates for a Docker daemon and its clients, made by openssl. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** Makes an authority and, in folders of their names, what each of `names` needs: ca.pem, cert.pem and key.pem. All are for 127.0.0.1. */
export async function makeCertificates(folder: string, names: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const openssl = (...args: string[]) => execa("openssl", args, { cwd: folder });
  await openssl(
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    "ca-key.pem",
    "-out",
    "ca.pem",
    "-days",
    "2",
    "-subj",
    "/CN=ca",
  );
  await writeFile(join(folder, "names"), "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n");
  for (const name of names) {
    await mkdir(join(folder, name));
    await openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}/key.pem`, "-out", `${name}/csr`, "-subj", `/CN=${name}`);
    const signed = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2", "-extfile", "names"];
    await openssl("x509", "-req", "-in", `${name}/csr`, "-out", `${name}/cert.pem`, ...signed);
    await execa("cp", ["ca.pem", `${name}/ca.pem`], { cwd: folder });
  }
}
