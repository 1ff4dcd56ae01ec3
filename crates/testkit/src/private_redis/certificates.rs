//! A certificate for `localhost`, and the authority that signed it.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// A certificate that signs itself and does not expire within a lifetime, as PEM.
///
/// # Panics
/// Never: its names are valid.
pub fn self_signed_certificate() -> String {
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("the name is valid");
    let key = KeyPair::generate().expect("a key can be made");
    let certificate = params.self_signed(&key).expect("can sign itself");
    certificate.pem()
}

/// Writes `authority.pem`, `server.pem` and `server.key`.
pub(super) fn write_certificates(folder: &Path) {
    let mut authority = CertificateParams::new(Vec::new()).expect("no names are valid names");
    // Two certificates of one name would each be taken for the issuer of itself.
    let name = &mut authority.distinguished_name;
    name.push(DnType::CommonName, "authority of a test");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().expect("a key can be made");
    let authority =
        CertifiedIssuer::self_signed(authority, authority_key).expect("can sign itself");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let server = CertificateParams::new(names).expect("the names are valid");
    let key = KeyPair::generate().expect("a key can be made");
    let certificate = server.signed_by(&key, &authority).expect("can be signed");
    let write = |name: &str, text: String| {
        fs::write(folder.join(name), text).expect("the folder can be written");
    };
    write("authority.pem", authority.pem());
    write("server.pem", certificate.pem());
    write("server.key", key.serialize_pem());
}
