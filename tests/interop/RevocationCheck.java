/* Path validation with revocation checking by Java's own PKIX code and by Bouncy Castle's, for the tests:
 *   java RevocationCheck.java SUN|BC ocsp|crl ROOT.pem CHAIN.pem
 * CHAIN.pem is the leaf, then what lies between. What is asked is where the certificates say. Prints "valid" and ends with 0, or
 * prints why not and ends with 1. */
import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.util.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

public class RevocationCheck {
    public static void main(String[] args) throws Exception {
        boolean ocsp = args[1].equals("ocsp");
        Security.addProvider(new BouncyCastleProvider());
        Security.setProperty("ocsp.enable", String.valueOf(ocsp));
        System.setProperty("com.sun.security.enableCRLDP", String.valueOf(!ocsp));
        System.setProperty("org.bouncycastle.x509.enableCRLDP", String.valueOf(!ocsp));

        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        X509Certificate root = (X509Certificate) factory.generateCertificate(new FileInputStream(args[2]));
        List<java.security.cert.Certificate> chain = new ArrayList<>();
        try (InputStream in = new FileInputStream(args[3])) {
            for (java.security.cert.Certificate c : factory.generateCertificates(in)) if (!c.equals(root)) chain.add(c);
        }
        CertPathValidator validator = args[0].equals("BC") ? CertPathValidator.getInstance("PKIX", "BC") : CertPathValidator.getInstance("PKIX");
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
        checker.setOptions(ocsp ? EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK)
                                : EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK, PKIXRevocationChecker.Option.PREFER_CRLS));
        parameters.addCertPathChecker(checker);
        parameters.setRevocationEnabled(true);
        try {
            validator.validate(factory.generateCertPath(chain), parameters);
            System.out.println("valid");
        } catch (CertPathValidatorException e) {
            for (Throwable t = e; t != null; t = t.getCause()) System.out.println(t.getMessage());
            System.exit(1);
        }
    }
}
